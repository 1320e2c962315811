CREATE TABLE "webhook_audit_log" (
	"id" uuid PRIMARY KEY DEFAULT uuidv7() NOT NULL,
	"webhook_id" uuid NOT NULL,
	"owner_id" uuid NOT NULL,
	"action" text NOT NULL,
	"version" integer NOT NULL,
	"actor_id" uuid NOT NULL,
	"as_admin" boolean DEFAULT false NOT NULL,
	"via" uuid,
	"correlation_id" text,
	"fields" text[] DEFAULT '{}' NOT NULL,
	"occurred_at" timestamp(3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "webhook_health_changes" (
	"webhook_id" uuid PRIMARY KEY NOT NULL,
	"before" text NOT NULL,
	"changed_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"error" text
);
--> statement-breakpoint
ALTER TABLE "webhook_health_changes" ADD CONSTRAINT "webhook_health_changes_webhook_id_webhooks_id_fk" FOREIGN KEY ("webhook_id") REFERENCES "public"."webhooks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "webhook_audit_log_webhook" ON "webhook_audit_log" USING btree ("webhook_id","id");--> statement-breakpoint
CREATE INDEX "webhook_audit_log_owner" ON "webhook_audit_log" USING btree ("owner_id");--> statement-breakpoint
-- An update of these rows finds room on their page.
ALTER TABLE "webhook_health_changes" SET (fillfactor = 80);
