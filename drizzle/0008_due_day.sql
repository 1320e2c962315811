-- Returns the day on which a task is due: `due_date`, or the day of `due_at` in `due_zone`, which is UTC by default.
-- Rows of earlier versions may hold an offset as their zone, which counts as an offset, or a zone that this Postgres does
-- not know, which counts as UTC.
CREATE FUNCTION due_day(due_date date, due_at timestamptz, due_zone text)
RETURNS date LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
begin
  if due_at is null then
    return due_date;
  end if;
  if due_zone ~ '^[+-]\d\d(:?\d\d)?$' then
    -- Postgres reads '+0530' as seconds and '+05:30' as hours and minutes.
    return (due_at at time zone overlay(rpad(replace(due_zone, ':', ''), 5, '0') placing ':' from 4 for 0)::interval)::date;
  end if;
  return (due_at at time zone coalesce(due_zone, 'UTC'))::date;
exception when invalid_parameter_value then
  return (due_at at time zone 'UTC')::date;
end $$;
