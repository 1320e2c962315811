CREATE TYPE "public"."block_kind" AS ENUM('MANUAL', 'DEPENDENCY');--> statement-breakpoint
CREATE TYPE "public"."goal_status" AS ENUM('ACTIVE', 'ON_HOLD', 'COMPLETED', 'CANCELLED');--> statement-breakpoint
CREATE TYPE "public"."priority" AS ENUM('LOW', 'MEDIUM', 'HIGH', 'CRITICAL');--> statement-breakpoint
CREATE TYPE "public"."task_status" AS ENUM('TODO', 'IN_PROGRESS', 'BLOCKED', 'COMPLETED', 'CANCELLED');--> statement-breakpoint
CREATE TABLE "dead_letters" (
	"id" uuid PRIMARY KEY DEFAULT uuidv7() NOT NULL,
	"consumer" text NOT NULL,
	"event_id" uuid NOT NULL,
	"target" text DEFAULT '' NOT NULL,
	"event" jsonb NOT NULL,
	"attempts" integer NOT NULL,
	"replays" integer NOT NULL,
	"error" text NOT NULL,
	"died_at" timestamp(3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "deliveries" (
	"consumer" text NOT NULL,
	"event_id" uuid NOT NULL,
	"target" text DEFAULT '' NOT NULL,
	"due_at" timestamp(3) with time zone DEFAULT now() + interval '30 seconds' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"replays" integer DEFAULT 0 NOT NULL,
	"last_error" text,
	CONSTRAINT "deliveries_consumer_event_id_target_pk" PRIMARY KEY("consumer","event_id","target")
);
--> statement-breakpoint
CREATE TABLE "event_readers" (
	"reader_id" uuid NOT NULL,
	"xid" "xid8" NOT NULL,
	"position" bigint NOT NULL,
	"event_id" uuid NOT NULL,
	CONSTRAINT "event_readers_reader_id_xid_position_event_id_pk" PRIMARY KEY("reader_id","xid","position","event_id")
) PARTITION BY RANGE ("event_id");
--> statement-breakpoint
CREATE TABLE "events" (
	"id" uuid PRIMARY KEY DEFAULT uuidv7() NOT NULL,
	"position" bigint GENERATED ALWAYS AS IDENTITY (sequence name "events_position_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"xid" "xid8" DEFAULT pg_current_xact_id() NOT NULL,
	"type" text NOT NULL,
	"aggregate_type" text NOT NULL,
	"aggregate_id" uuid NOT NULL,
	"aggregate_version" integer NOT NULL,
	"ordinal" smallint NOT NULL,
	"actor_id" uuid NOT NULL,
	"reason" text,
	"correlation_id" text,
	"causation_id" uuid,
	"cascade_id" uuid,
	"before" json,
	"after" json NOT NULL,
	"traceparent" text,
	"occurred_at" timestamp(3) with time zone DEFAULT now() NOT NULL
) PARTITION BY RANGE ("id");
--> statement-breakpoint
CREATE TABLE "goal_audit_log" (
	"goal_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"event_id" uuid NOT NULL,
	"type" text NOT NULL,
	"actor_id" uuid NOT NULL,
	"reason" text,
	"correlation_id" text,
	"cascade_id" uuid,
	"before" jsonb,
	"after" jsonb NOT NULL,
	"occurred_at" timestamp(3) with time zone NOT NULL,
	"recorded_at" timestamp(3) with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "goal_audit_log_goal_id_version_pk" PRIMARY KEY("goal_id","version")
);
--> statement-breakpoint
CREATE TABLE "goals" (
	"id" uuid PRIMARY KEY DEFAULT uuidv7() NOT NULL,
	"user_id" uuid NOT NULL,
	"title" text NOT NULL,
	"description" text,
	"status" "goal_status" DEFAULT 'ACTIVE' NOT NULL,
	"priority" "priority" DEFAULT 'MEDIUM' NOT NULL,
	"target_date" date,
	"category" text,
	"tags" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"completed_at" timestamp(3) with time zone,
	"deleted_at" timestamp(3) with time zone,
	"delete_cascade_id" uuid,
	"close_cascade_id" uuid,
	"version" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "goals_title_length" CHECK (char_length("goals"."title") between 1 and 200),
	CONSTRAINT "goals_completed_at" CHECK (("goals"."status" = 'COMPLETED') = ("goals"."completed_at" is not null))
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"principal_id" uuid NOT NULL,
	"route" text NOT NULL,
	"key" text NOT NULL,
	"body_hash" text NOT NULL,
	"status" integer NOT NULL,
	"body" text NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotency_keys_principal_id_route_key_pk" PRIMARY KEY("principal_id","route","key")
);
--> statement-breakpoint
CREATE TABLE "notifications" (
	"id" uuid PRIMARY KEY DEFAULT uuidv7() NOT NULL,
	"user_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"channel" text NOT NULL,
	"event_id" uuid NOT NULL,
	"subject_type" text NOT NULL,
	"subject_id" uuid NOT NULL,
	"title" text NOT NULL,
	"actor_id" uuid NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"read_at" timestamp(3) with time zone
);
--> statement-breakpoint
CREATE TABLE "task_audit_log" (
	"task_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"event_id" uuid NOT NULL,
	"type" text NOT NULL,
	"actor_id" uuid NOT NULL,
	"reason" text,
	"correlation_id" text,
	"cascade_id" uuid,
	"before" jsonb,
	"after" jsonb NOT NULL,
	"occurred_at" timestamp(3) with time zone NOT NULL,
	"recorded_at" timestamp(3) with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "task_audit_log_task_id_version_pk" PRIMARY KEY("task_id","version")
);
--> statement-breakpoint
CREATE TABLE "task_dependencies" (
	"task_id" uuid NOT NULL,
	"depends_on_id" uuid NOT NULL,
	CONSTRAINT "task_dependencies_task_id_depends_on_id_pk" PRIMARY KEY("task_id","depends_on_id"),
	CONSTRAINT "task_dependencies_no_self" CHECK ("task_dependencies"."task_id" <> "task_dependencies"."depends_on_id")
);
--> statement-breakpoint
CREATE TABLE "tasks" (
	"id" uuid PRIMARY KEY DEFAULT uuidv7() NOT NULL,
	"goal_id" uuid NOT NULL,
	"owner_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"assigned_to" uuid,
	"title" text NOT NULL,
	"description" text,
	"status" "task_status" DEFAULT 'TODO' NOT NULL,
	"block_kind" "block_kind",
	"blocked_from" "task_status",
	"priority" "priority" DEFAULT 'MEDIUM' NOT NULL,
	"due_date" date,
	"due_at" timestamp(3) with time zone,
	"due_zone" text,
	"estimated_hours" numeric(8, 2),
	"actual_hours" numeric(8, 2),
	"dependencies" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"dependents_count" integer DEFAULT 0 NOT NULL,
	"tags" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"completed_at" timestamp(3) with time zone,
	"deleted_at" timestamp(3) with time zone,
	"delete_cascade_id" uuid,
	"close_cascade_id" uuid,
	"version" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "tasks_title_length" CHECK (char_length("tasks"."title") between 1 and 200),
	CONSTRAINT "tasks_completed_at" CHECK (("tasks"."status" = 'COMPLETED') = ("tasks"."completed_at" is not null)),
	CONSTRAINT "tasks_block" CHECK (("tasks"."status" = 'BLOCKED') = ("tasks"."block_kind" is not null)),
	CONSTRAINT "tasks_hours" CHECK ("tasks"."estimated_hours" >= 0 and "tasks"."actual_hours" >= 0),
	CONSTRAINT "tasks_due" CHECK ("tasks"."due_date" is null or "tasks"."due_at" is null)
);
--> statement-breakpoint
ALTER TABLE "task_dependencies" ADD CONSTRAINT "task_dependencies_task_id_tasks_id_fk" FOREIGN KEY ("task_id") REFERENCES "public"."tasks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "task_dependencies" ADD CONSTRAINT "task_dependencies_depends_on_id_tasks_id_fk" FOREIGN KEY ("depends_on_id") REFERENCES "public"."tasks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_goal_id_goals_id_fk" FOREIGN KEY ("goal_id") REFERENCES "public"."goals"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "dead_letters_delivery" ON "dead_letters" USING btree ("consumer","event_id","target");--> statement-breakpoint
CREATE INDEX "dead_letters_newest" ON "dead_letters" USING btree ("consumer","id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "deliveries_due" ON "deliveries" USING btree (("consumer" || ''),"due_at");--> statement-breakpoint
CREATE INDEX "events_aggregate" ON "events" USING btree ("aggregate_id","aggregate_version");--> statement-breakpoint
CREATE INDEX "goals_owner_newest" ON "goals" USING btree ("user_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE "goals"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "idempotency_keys_created" ON "idempotency_keys" USING btree ("created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "notifications_once" ON "notifications" USING btree ("user_id","event_id","channel");--> statement-breakpoint
CREATE INDEX "task_dependencies_reverse" ON "task_dependencies" USING btree ("depends_on_id","task_id");--> statement-breakpoint
CREATE INDEX "tasks_goal_newest" ON "tasks" USING btree ("goal_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE "tasks"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "tasks_owner_newest" ON "tasks" USING btree ("owner_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE "tasks"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "tasks_assignee_newest" ON "tasks" USING btree ("assigned_to","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE "tasks"."deleted_at" is null and "tasks"."assigned_to" is not null;