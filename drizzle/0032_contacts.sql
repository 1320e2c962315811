CREATE TABLE "contact_confirmations" (
	"id" uuid PRIMARY KEY DEFAULT uuidv7() NOT NULL,
	"user_id" uuid NOT NULL,
	"address_hash" "bytea" NOT NULL,
	"requested_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp(3) with time zone NOT NULL,
	"used_at" timestamp(3) with time zone
);
--> statement-breakpoint
CREATE TABLE "contacts" (
	"user_id" uuid PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"zone" text,
	"locale" text,
	"verified_at" timestamp(3) with time zone,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "notifications" ADD COLUMN "sent_at" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "notifications" ADD COLUMN "skip_reason" text;--> statement-breakpoint
CREATE INDEX "contact_confirmations_user" ON "contact_confirmations" USING btree ("user_id","requested_at");--> statement-breakpoint
CREATE INDEX "contact_confirmations_address" ON "contact_confirmations" USING btree ("address_hash","requested_at");--> statement-breakpoint
CREATE INDEX "contact_confirmations_oldest" ON "contact_confirmations" USING btree ("requested_at");--> statement-breakpoint
-- An update of these rows finds room on their page.
ALTER TABLE "contacts" SET (fillfactor = 80);--> statement-breakpoint
ALTER TABLE "contact_confirmations" SET (fillfactor = 80);
