-- Version 0.2 reads these columns, and fails when they are missing. This release makes the JSON when it reads a row.
-- Rows that exist keep the bytes until their next update.
ALTER TABLE "goals" DROP COLUMN "representation";--> statement-breakpoint
ALTER TABLE "tasks" DROP COLUMN "representation";--> statement-breakpoint
DROP FUNCTION goal_representation;--> statement-breakpoint
DROP FUNCTION task_representation;
