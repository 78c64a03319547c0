"""All SQL of the intake. A batch is one array per column, so its size never changes a statement."""

from sqlalchemy import text

RECORD = """position, message_id, sender, topic, sender_event_id, business_key, received_at, state, reason,
    problems, attempts, traceparent, order_id, repeats, note"""

# Rows keep the order of arrival, in which messages about one document are applied.
STORE = text(
    """
    insert into raw_messages (message_id, sender, topic, sender_event_id, business_key, headers, body, digest,
        received_at, traceparent, state, reason, problems, next_attempt_at, was_quarantined, settled_at)
    select new.*, new.received_at, new.state = 'quarantined',
        case when new.state not in ('received', 'waiting') then new.received_at end
    from unnest(cast(:message_id as uuid[]), cast(:sender as text[]), cast(:topic as text[]),
        cast(:sender_event_id as text[]), cast(:business_key as text[]), cast(:headers as jsonb[]),
        cast(:body as bytea[]), cast(:digest as bytea[]), cast(:received_at as timestamptz[]),
        cast(:traceparent as text[]), cast(:state as text[]), cast(:reason as text[]),
        cast(:problems as jsonb[]))
        as new (message_id, sender, topic, sender_event_id, business_key, headers, body, digest,
            received_at, traceparent, state, reason, problems)
    on conflict (sender, topic, sender_event_id) do nothing
    returning message_id
    """
)

FIND_FIRST = text(
    """
    select message_id, sender, topic, sender_event_id, state, digest from raw_messages
    join unnest(cast(:sender as text[]), cast(:topic as text[]), cast(:sender_event_id as text[]))
        as asked (sender, topic, sender_event_id) using (sender, topic, sender_event_id)
    order by position
    for update of raw_messages
    """
)

COUNT_REPEATS = text(
    """
    update raw_messages set repeats = raw_messages.repeats + seen.times
    from unnest(cast(:message_id as uuid[]), cast(:times as bigint[])) as seen (message_id, times)
    where raw_messages.message_id = seen.message_id
    """
)

# The original body stays: what was stored first is what was answered first.
HAND_IN_AGAIN = text(
    """
    update raw_messages set state = 'received', reason = '', problems = '[]', attempts = 0, failures = 0,
        next_attempt_at = :now, waits_for = '', settled_at = null,
        corrected_body = coalesce(cast(:body as bytea), corrected_body),
        digest = coalesce(cast(:digest as bytea), digest),
        business_key = case when cast(:business_key as text) = '' then business_key else :business_key end
    where message_id = :message_id and state = 'quarantined'
    """
)

# Messages about one document are taken in the order of their arrival, one at a time. A waiting one does not
# hold back those behind it: one of them may be what it waits for.
TAKE = text(
    """
    with due as (
        select position, business_key, octet_length(coalesce(corrected_body, body)) as size
        from raw_messages message
        where state in ('received', 'waiting') and next_attempt_at <= :now
            and (state = 'waiting' or not exists (
                select from raw_messages earlier
                where earlier.business_key = message.business_key and earlier.state = 'received'
                    and earlier.position < message.position))
        order by position
        limit :batch
    ), first as (
        select distinct on (business_key) position, size from due order by business_key, position
    ), fitting as (
        select position, sum(size) over (order by position) - size as before from first
    )
    select message_id, sender, topic, business_key, headers, coalesce(corrected_body, body) as body,
        received_at, traceparent, state, attempts, failures, was_quarantined
    from raw_messages join fitting using (position)
    where before < :batch_bytes
    order by position
    """
)

# What is due and yet not taken is held back by an earlier message, whose own instant counts.
NEXT_DUE = text(
    """
    select min(next_attempt_at) from raw_messages
    where state in ('received', 'waiting') and next_attempt_at > :now
    """
)

SETTLE = text(
    """
    update raw_messages message set state = done.state, reason = done.reason, problems = done.problems,
        attempts = done.attempts, failures = done.failures, next_attempt_at = done.next_attempt_at,
        waits_for = case when done.stays then message.waits_for else done.waits_for end,
        order_id = case when done.order_id = '' then message.order_id else done.order_id end,
        was_quarantined = message.was_quarantined or done.state = 'quarantined',
        settled_at = case when done.state not in ('received', 'waiting') then cast(:now as timestamptz) end
    from unnest(cast(:message_id as uuid[]), cast(:state as text[]), cast(:reason as text[]),
        cast(:problems as jsonb[]), cast(:attempts as integer[]), cast(:failures as integer[]),
        cast(:next_attempt_at as timestamptz[]), cast(:stays as boolean[]), cast(:waits_for as text[]),
        cast(:order_id as text[]))
        as done (message_id, state, reason, problems, attempts, failures, next_attempt_at, stays, waits_for,
            order_id)
    where message.message_id = done.message_id and message.state in ('received', 'waiting')
    """
)

WAKE = text(
    """
    update raw_messages set next_attempt_at = :now
    where state = 'waiting' and waits_for = any(cast(:documents as text[])) and next_attempt_at > :now
    """
)

ANNOUNCE = text("select pg_notify('raw_messages', '')")

FIND = text(f"select {RECORD} from raw_messages where message_id = any(cast(:message_ids as uuid[]))")

GET = text(
    f"""
    select {RECORD}, coalesce(corrected_body, body) as body from raw_messages where message_id = :message_id
    """
)

LIST = text(
    f"""
    select {RECORD} from raw_messages
    where position < :before
        and (cardinality(cast(:states as text[])) = 0 or state = any(cast(:states as text[])))
        and (cast(:business_key as text) = '' or business_key = :business_key)
        and (cast(:order_id as text) = '' or order_id = :order_id)
    order by position desc
    limit :limit
    """
)

SUMMARIZE = text(
    """
    select topic, state, reason, count(*) as messages from raw_messages group by topic, state, reason
    union all
    select topic, 'ignored', 'duplicate', cast(sum(repeats) as bigint) from raw_messages
    where repeats > 0 group by topic
    order by topic, state, reason
    """
)

FORGET_BODIES = text(
    """
    update raw_messages set body = '', corrected_body = null, headers = '{}'
    where position = any(array(
        select position from raw_messages
        where received_at < :before and state in ('applied', 'ignored', 'dismissed') and body <> ''
        limit :limit
        for update skip locked
    ))
    """
)

LOCK = text("select state, sender, topic from raw_messages where message_id = :message_id for update")

DISMISS = text(
    """
    update raw_messages set state = 'dismissed', note = :note, settled_at = :now
    where message_id = :message_id
    """
)

COUNT_REFUSED = text(
    """
    insert into raw_messages_refused (reason, messages)
    select * from unnest(cast(:reason as text[]), cast(:messages as bigint[]))
    on conflict (reason) do update set messages = raw_messages_refused.messages + excluded.messages
    """
)

SUM_REFUSED = text("select cast(coalesce(sum(messages), 0) as bigint) from raw_messages_refused")
