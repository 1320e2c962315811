-- updated_at follows every update, whoever writes it.
CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
begin
  new.updated_at := now();
  return new;
end $$;
--> statement-breakpoint
CREATE TRIGGER goals_touch BEFORE UPDATE ON goals FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
--> statement-breakpoint
CREATE TRIGGER tasks_touch BEFORE UPDATE ON tasks FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
--> statement-breakpoint
-- Small, hot tables: their dead rows go at once, whatever the cluster's defaults are.
ALTER TABLE deliveries SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0.2);
--> statement-breakpoint
-- RFC 3339, UTC, always three digits of milliseconds.
CREATE FUNCTION rfc3339(at timestamptz) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
--> statement-breakpoint
-- The smallest UUIDv7 of an instant: where a week's partition begins.
CREATE FUNCTION uuidv7_floor(at timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid;
--> statement-breakpoint
-- Catches what no week covers, so that a missing partition never refuses a write; rows in here are an alarm.
CREATE TABLE events_default PARTITION OF events DEFAULT;
--> statement-breakpoint
CREATE TABLE event_readers_default PARTITION OF event_readers DEFAULT;
--> statement-breakpoint
-- Makes the weekly partitions from last week to `weeks_ahead`; safe from many processes at once. Returns how many it made.
-- Security definer: the services need no DDL of their own.
-- A partition needs its parent to itself, and whoever waits for that holds up every writer behind it: hence the short wait.
CREATE FUNCTION ensure_event_partitions(weeks_ahead int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '500ms' AS $$
declare
  monday date;
  partition text;
  parent text;
  made int := 0;
begin
  for i in -1 .. weeks_ahead loop
    monday := date_trunc('week', now() at time zone 'UTC')::date + i * 7;
    foreach parent in array array['events', 'event_readers'] loop
      partition := parent || '_' || to_char(monday, 'YYYYMMDD');
      continue when to_regclass(partition) is not null;
      begin
        -- Only a process that has something to make waits for the others.
        perform pg_advisory_xact_lock(hashtext('ensure_event_partitions'));
        continue when to_regclass(partition) is not null;
        execute format('create table %I partition of %I for values from (%L) to (%L)', partition, parent,
          uuidv7_floor(monday::timestamp at time zone 'UTC'), uuidv7_floor((monday + 7)::timestamp at time zone 'UTC'));
        made := made + 1;
      exception when lock_not_available then
        -- Weeks lie ahead, and every start and every day tries again.
        raise warning '% is in use: the week of % is left for another time', parent, monday;
        return made;
      when check_violation then
        -- Its events already went to the DEFAULT partition: an alarm, not a reason to stop.
        raise warning '% has rows of the week of %: it stays without a partition', parent || '_default', monday;
      end;
    end loop;
  end loop;
  return made;
end $$;
--> statement-breakpoint
-- Drops the weeks that ended before the retention, unless a delivery still refers to one of their events. Returns their Mondays.
CREATE FUNCTION drop_expired_event_partitions(retention interval) RETURNS SETOF date LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
declare
  monday date;
begin
  for monday in
    select to_date(substr(c.relname, 8), 'YYYYMMDD') from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'events'::regclass and c.relname ~ '^events_\d{8}$' order by 1
  loop
    continue when (monday + 7)::timestamp at time zone 'UTC' > now() - retention;
    continue when exists (
      select from deliveries where event_id >= uuidv7_floor(monday::timestamp at time zone 'UTC')
        and event_id < uuidv7_floor((monday + 7)::timestamp at time zone 'UTC'));
    execute format('drop table if exists %I', 'event_readers_' || to_char(monday, 'YYYYMMDD'));
    execute format('drop table %I', 'events_' || to_char(monday, 'YYYYMMDD'));
    return next monday;
  end loop;
  -- What the DEFAULT partition caught, and what a replay brought back.
  delete from events_default e where e.id < uuidv7_floor(now() - retention)
    and not exists (select from deliveries d where d.event_id = e.id);
  delete from event_readers_default r where r.event_id < uuidv7_floor(now() - retention)
    and not exists (select from events_default e where e.id = r.event_id);
end $$;
--> statement-breakpoint
SELECT ensure_event_partitions(4);
