CREATE TABLE "reminder_progress" (
	"id" smallint PRIMARY KEY DEFAULT 1 NOT NULL,
	"made_until" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "reminder_progress_one_row" CHECK ("reminder_progress"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE "reminders" (
	"id" uuid PRIMARY KEY DEFAULT uuidv7() NOT NULL,
	"task_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"remind_on" date NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX "reminders_once" ON "reminders" USING btree ("task_id","kind","remind_on");--> statement-breakpoint
INSERT INTO "reminder_progress" DEFAULT VALUES;--> statement-breakpoint
-- Returns the instant at which a day begins in a zone, which is UTC by default. A clock that is put forward at midnight
-- begins the day later, and a clock that is put back at midnight begins it with the first of its two midnights.
-- An offset and an unknown zone count as in `due_day`.
CREATE FUNCTION start_of_day(day date, zone text)
RETURNS timestamptz LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
declare
  midnight timestamptz;
begin
  if zone ~ '^[+-]\d\d(:?\d\d)?$' then
    return day::timestamp at time zone overlay(rpad(replace(zone, ':', ''), 5, '0') placing ':' from 4 for 0)::interval;
  end if;
  midnight := day::timestamp at time zone coalesce(zone, 'UTC');
  -- Postgres returns the second of two midnights.
  if ((midnight - interval '1 hour') at time zone coalesce(zone, 'UTC'))::date = day then
    return midnight - interval '1 hour';
  end if;
  return midnight;
exception when invalid_parameter_value then
  return day::timestamp at time zone 'UTC';
end $$;
