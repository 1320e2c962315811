-- The look for reminders reads only tasks whose reminder is due.
DROP INDEX CONCURRENTLY IF EXISTS "tasks_due_date";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "tasks_due_date" ON "tasks" USING btree ("due_date","id") WHERE "tasks"."due_date" is not null and deleted_at is null and status in ('TODO', 'IN_PROGRESS', 'BLOCKED');--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "tasks_due_at";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "tasks_due_at" ON "tasks" USING btree ((coalesce(due_zone, 'UTC')),"due_at","id") WHERE "tasks"."due_at" is not null and deleted_at is null and status in ('TODO', 'IN_PROGRESS', 'BLOCKED');
