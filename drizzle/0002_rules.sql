ALTER TABLE "idempotency_keys" ALTER COLUMN "status" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "idempotency_keys" ALTER COLUMN "body" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "events" ADD COLUMN "as_admin" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "goal_audit_log" ADD COLUMN "as_admin" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "idempotency_keys" ADD COLUMN "headers" jsonb;--> statement-breakpoint
ALTER TABLE "task_audit_log" ADD COLUMN "as_admin" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "closed_from" jsonb;--> statement-breakpoint
CREATE INDEX "goals_owner_deleted" ON "goals" USING btree ("user_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE "goals"."deleted_at" is not null;--> statement-breakpoint
CREATE INDEX "goals_deleted_at" ON "goals" USING btree ("deleted_at") WHERE "goals"."deleted_at" is not null;--> statement-breakpoint
CREATE INDEX "tasks_assignee_goal" ON "tasks" USING btree ("assigned_to","goal_id") WHERE "tasks"."deleted_at" is null and "tasks"."assigned_to" is not null;--> statement-breakpoint
CREATE INDEX "tasks_creator_newest" ON "tasks" USING btree ("user_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE "tasks"."deleted_at" is null and "tasks"."user_id" <> "tasks"."owner_id";--> statement-breakpoint
CREATE INDEX "tasks_progress" ON "tasks" USING btree ("goal_id","status","estimated_hours") WHERE "tasks"."deleted_at" is null and "tasks"."status" <> 'CANCELLED';--> statement-breakpoint
CREATE INDEX "tasks_close_cascade" ON "tasks" USING btree ("close_cascade_id") WHERE "tasks"."close_cascade_id" is not null;--> statement-breakpoint
CREATE INDEX "tasks_delete_cascade" ON "tasks" USING btree ("delete_cascade_id") WHERE "tasks"."delete_cascade_id" is not null;--> statement-breakpoint
CREATE INDEX "tasks_goal_deleted" ON "tasks" USING btree ("goal_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE "tasks"."deleted_at" is not null;--> statement-breakpoint
CREATE INDEX "tasks_owner_deleted" ON "tasks" USING btree ("owner_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE "tasks"."deleted_at" is not null;--> statement-breakpoint
CREATE INDEX "tasks_assignee_deleted" ON "tasks" USING btree ("assigned_to","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE "tasks"."deleted_at" is not null and "tasks"."assigned_to" is not null;--> statement-breakpoint
CREATE INDEX "tasks_deleted_at" ON "tasks" USING btree ("deleted_at") WHERE "tasks"."deleted_at" is not null;--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_blocked_from" CHECK (("tasks"."status" = 'BLOCKED') = ("tasks"."blocked_from" is not null));