CREATE TABLE "sync_run_failures" (
	"run_id" uuid NOT NULL,
	"entity" text NOT NULL,
	"entity_id" uuid NOT NULL,
	"attempts" integer NOT NULL,
	"due_at" timestamp(3) with time zone,
	"error" text NOT NULL,
	CONSTRAINT "sync_run_failures_run_id_entity_entity_id_pk" PRIMARY KEY("run_id","entity","entity_id"),
	CONSTRAINT "sync_run_failures_entity" CHECK ("sync_run_failures"."entity" in ('goal', 'task'))
);
--> statement-breakpoint
CREATE TABLE "sync_runs" (
	"id" uuid PRIMARY KEY DEFAULT uuidv7() NOT NULL,
	"owner_id" uuid NOT NULL,
	"webhook_id" uuid NOT NULL,
	"event_id" uuid DEFAULT uuidv7() NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"with_goals" boolean NOT NULL,
	"with_tasks" boolean NOT NULL,
	"stage" text DEFAULT 'goals' NOT NULL,
	"after_at" timestamp(3) with time zone,
	"after_id" uuid,
	"total" integer,
	"goals" integer DEFAULT 0 NOT NULL,
	"tasks" integer DEFAULT 0 NOT NULL,
	"skipped" integer DEFAULT 0 NOT NULL,
	"error" text,
	"turn" integer DEFAULT 0 NOT NULL,
	"leased_until" timestamp(3) with time zone,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp(3) with time zone,
	"ended_at" timestamp(3) with time zone,
	CONSTRAINT "sync_runs_state" CHECK ("sync_runs"."state" in ('pending', 'running', 'completed', 'failed', 'cancelled')),
	CONSTRAINT "sync_runs_stage" CHECK ("sync_runs"."stage" in ('goals', 'tasks', 'retries')),
	CONSTRAINT "sync_runs_ended" CHECK (("sync_runs"."state" in ('pending', 'running')) = ("sync_runs"."ended_at" is null)),
	CONSTRAINT "sync_runs_place" CHECK (("sync_runs"."after_at" is null) = ("sync_runs"."after_id" is null))
);
--> statement-breakpoint
ALTER TABLE "sync_run_failures" ADD CONSTRAINT "sync_run_failures_run_id_sync_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."sync_runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "sync_runs_active" ON "sync_runs" USING btree ("webhook_id") WHERE state in ('pending', 'running');--> statement-breakpoint
CREATE INDEX "sync_runs_owner_newest" ON "sync_runs" USING btree ("owner_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
-- An update of these rows finds room on their page.
ALTER TABLE "sync_runs" SET (fillfactor = 80);--> statement-breakpoint
ALTER TABLE "sync_run_failures" SET (fillfactor = 80);
