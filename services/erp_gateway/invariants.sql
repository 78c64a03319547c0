-- Each query returns no row at any time.

-- name: a posted posting has every step done
SELECT posting_id, steps
FROM posting
WHERE state = 'POSTED'
  AND EXISTS (SELECT FROM jsonb_array_elements(steps) AS step WHERE step ->> 'outcome' <> 'DONE');

-- name: a step that is done names its document
SELECT posting_id, step
FROM posting, jsonb_array_elements(steps) AS step
WHERE step ->> 'outcome' = 'DONE' AND step ->> 'document_id' = '';

-- name: what is taken back of an order is no more than its sale
SELECT order_id, sum(amount_micros) AS left_over
FROM posting
WHERE state <> 'SKIPPED'
GROUP BY order_id
HAVING bool_or(kind = 'SALE') AND sum(amount_micros) < 0;

-- name: no order has two sales
SELECT order_id, count(*) FROM posting WHERE kind = 'SALE' GROUP BY order_id HAVING count(*) > 1;

-- name: the audit of a posting is one unbroken chain
SELECT posting_id, position
FROM (
    SELECT posting_id, position, previous_hash,
           lag(hash, 1, ''::bytea) OVER (PARTITION BY posting_id ORDER BY position) AS hash_before
    FROM erp_call
    WHERE posting_id <> '00000000-0000-0000-0000-000000000000'
) AS chain
WHERE previous_hash <> hash_before;

-- name: every event is published within five minutes
SELECT position, type, key, time
FROM outbox
WHERE published_at IS NULL AND time < now() - interval '5 minutes';
