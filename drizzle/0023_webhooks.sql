CREATE TABLE "webhook_attempts" (
	"id" uuid PRIMARY KEY DEFAULT uuidv7() NOT NULL,
	"webhook_id" uuid NOT NULL,
	"event_id" uuid NOT NULL,
	"event_type" text NOT NULL,
	"attempted_at" timestamp(3) with time zone NOT NULL,
	"status" smallint,
	"duration_ms" integer NOT NULL,
	"error" text,
	"response" text,
	"outcome" text NOT NULL,
	"is_replay" boolean DEFAULT false NOT NULL,
	CONSTRAINT "webhook_attempts_outcome" CHECK ("webhook_attempts"."outcome" in ('delivered', 'failed', 'gone'))
);
--> statement-breakpoint
CREATE TABLE "webhooks" (
	"id" uuid PRIMARY KEY DEFAULT uuidv7() NOT NULL,
	"owner_id" uuid,
	"url" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"types" text[],
	"filter" text,
	"is_enabled" boolean DEFAULT true NOT NULL,
	"disabled_cause" text,
	"disabled_at" timestamp(3) with time zone,
	"health" text DEFAULT 'healthy' NOT NULL,
	"failing_since" timestamp(3) with time zone,
	"consecutive_failures" integer DEFAULT 0 NOT NULL,
	"suspended_until" timestamp(3) with time zone,
	"secret" "bytea" NOT NULL,
	"previous_secret" "bytea",
	"previous_secret_until" timestamp(3) with time zone,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "webhooks_disabled" CHECK ("webhooks"."is_enabled" = ("webhooks"."disabled_at" is null)),
	CONSTRAINT "webhooks_disabled_cause" CHECK ("webhooks"."is_enabled" = ("webhooks"."disabled_cause" is null)),
	CONSTRAINT "webhooks_health" CHECK ("webhooks"."health" in ('healthy', 'degraded', 'suspended', 'disabled')),
	CONSTRAINT "webhooks_previous_secret" CHECK (("webhooks"."previous_secret" is null) = ("webhooks"."previous_secret_until" is null))
);
--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "is_replay" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "webhook_attempts_event" ON "webhook_attempts" USING btree ("webhook_id","event_id","id");--> statement-breakpoint
CREATE INDEX "webhook_attempts_newest" ON "webhook_attempts" USING btree ("webhook_id","id");--> statement-breakpoint
CREATE INDEX "webhooks_enabled_owner" ON "webhooks" USING btree ("owner_id") WHERE is_enabled;--> statement-breakpoint
CREATE INDEX "webhooks_owner_newest" ON "webhooks" USING btree ("owner_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
-- Every failure updates the row of its endpoint, and an update finds room on its page.
ALTER TABLE "webhooks" SET (fillfactor = 80);
