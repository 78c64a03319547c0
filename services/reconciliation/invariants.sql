-- Each query returns no row at any time.

-- name: a run keeps as many breaks as it counted
SELECT run.run_id, run.breaks, count(found.position) AS kept
FROM run
LEFT JOIN "break" AS found USING (run_id)
GROUP BY run.run_id, run.breaks
HAVING run.breaks <> count(found.position);

-- name: every event is published within five minutes
SELECT position, subject, time
FROM outbox
WHERE published_at IS NULL AND time < now() - interval '5 minutes';
