CREATE TABLE "mail_digests" (
	"id" uuid PRIMARY KEY DEFAULT uuidv7() NOT NULL,
	"user_id" uuid NOT NULL,
	"sends_at" timestamp(3) with time zone NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"closed_at" timestamp(3) with time zone,
	"sent_at" timestamp(3) with time zone
);
--> statement-breakpoint
CREATE TABLE "mail_schedules" (
	"user_id" uuid PRIMARY KEY NOT NULL,
	"digest" text NOT NULL,
	"digest_time" text NOT NULL,
	"digest_day" text NOT NULL,
	"quiet_from" text,
	"quiet_until" text,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "notifications" ADD COLUMN "digest_id" uuid;--> statement-breakpoint
ALTER TABLE "receivers" ADD COLUMN "blocked_until" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "receivers" ADD COLUMN "block_reason" text;--> statement-breakpoint
CREATE UNIQUE INDEX "mail_digests_once" ON "mail_digests" USING btree ("user_id","sends_at");--> statement-breakpoint
CREATE INDEX "mail_digests_open" ON "mail_digests" USING btree ("sends_at","id") WHERE closed_at is null;--> statement-breakpoint
-- An update of these rows finds room on their page.
ALTER TABLE "mail_digests" SET (fillfactor = 80);--> statement-breakpoint
ALTER TABLE "mail_schedules" SET (fillfactor = 80);
