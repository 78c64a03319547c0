-- Each query must return no row, at any time. Run them with `retailmesh invariants`.

-- name: no message is left lying for five minutes
select message_id, topic, state, reason, received_at, next_attempt_at
from raw_messages
where state = 'received' and next_attempt_at < now() - interval '5 minutes'

-- name: no waiting message is forgotten
select message_id, topic, reason, received_at, next_attempt_at
from raw_messages
where state = 'waiting' and next_attempt_at < now() - interval '5 minutes'

-- name: no event of a sender is stored twice under one topic
select sender, topic, sender_event_id, count(*) as messages
from raw_messages
group by sender, topic, sender_event_id
having count(*) > 1

-- name: what is settled says since when, and nothing else does
select message_id, state, settled_at
from raw_messages
where (settled_at is null) <> (state in ('received', 'waiting'))

-- name: every message in quarantine says why
select message_id, topic
from raw_messages
where state = 'quarantined' and reason = ''

-- name: every quarantine was announced
select message_id, topic, reason
from raw_messages
where was_quarantined and not exists (
    select from outbox
    where outbox.type = 'retailmesh.pos.v1.MessageQuarantined'
        and outbox.key in (business_key, message_id::text)
)

-- name: every event is published within five minutes
select position, type, key, time
from outbox
where published_at is null and time < now() - interval '5 minutes'

-- name: every sale led to an order
select location_id, till, business_date, sequence
from till_transaction
where kind = 'sale' and order_id = ''

-- name: every till transaction that was taken over came in a message
select location_id, till, business_date, sequence
from till_transaction
where not exists (
    select from raw_messages
    where topic = 'poslog/transaction'
        and business_key = concat_ws('/', location_id, till, business_date, sequence)
)

-- name: every transaction applied is in the journal
select message_id, business_key
from raw_messages
where topic = 'poslog/transaction' and state = 'applied' and not exists (
    select from till_transaction
    where business_key = concat_ws('/', location_id, till, business_date, sequence)
)
