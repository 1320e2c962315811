CREATE TABLE "notification_preferences" (
	"user_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"channel" text NOT NULL,
	"is_enabled" boolean NOT NULL,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "notification_preferences_user_id_kind_channel_pk" PRIMARY KEY("user_id","kind","channel")
);
--> statement-breakpoint
ALTER TABLE "notifications" ADD COLUMN "text" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "notifications" ADD COLUMN "archived_at" timestamp(3) with time zone;--> statement-breakpoint
-- An update of these rows finds room on their page.
ALTER TABLE "notifications" SET (fillfactor = 80);--> statement-breakpoint
ALTER TABLE "notification_preferences" SET (fillfactor = 80);
