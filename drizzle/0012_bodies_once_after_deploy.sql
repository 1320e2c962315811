-- The statements of this release store the bodies of a version once, as soon as this column is nullable. Version 0.2
-- refuses a milestone without a body, and shows an audit row without `before` as it is.
ALTER TABLE "events" ALTER COLUMN "after" DROP NOT NULL;--> statement-breakpoint
-- Rows that exist have a body, because the column was NOT NULL.
ALTER TABLE "events" ADD CONSTRAINT "events_primary_has_body" CHECK (ordinal > 0 or after is not null) NOT VALID;--> statement-breakpoint
-- Drops the weeks that ended before the retention, unless a delivery refers to one of their events, or to a milestone
-- whose primary event may be the last one of the week. Returns their Mondays.
CREATE OR REPLACE FUNCTION drop_expired_event_partitions(retention interval) RETURNS SETOF date LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
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
        and event_id < uuidv7_floor((monday + 7)::timestamp at time zone 'UTC' + interval '2 minutes'));
    execute format('drop table if exists %I', 'event_readers_' || to_char(monday, 'YYYYMMDD'));
    execute format('drop table %I', 'events_' || to_char(monday, 'YYYYMMDD'));
    return next monday;
  end loop;
  -- Rows that no week covered, and rows that a replay restored. The events of a version go together.
  delete from events_default e where e.id < uuidv7_floor(now() - retention)
    and not exists (
      select from deliveries d join events_default same on same.id = d.event_id
      where same.aggregate_id = e.aggregate_id and same.aggregate_version = e.aggregate_version);
  delete from event_readers_default r where r.event_id < uuidv7_floor(now() - retention)
    and not exists (select from events_default e where e.id = r.event_id);
end $$;
