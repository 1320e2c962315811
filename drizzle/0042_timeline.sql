ALTER TABLE "installation" ADD COLUMN "timeline" integer;--> statement-breakpoint
-- The cluster that answers. The timeline is null on a standby, and where the server or its rights do not show it.
CREATE FUNCTION present_cluster(OUT system_identifier bigint, OUT timeline integer) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
begin
  begin
    select control.system_identifier into present_cluster.system_identifier from pg_control_system() control;
  exception when insufficient_privilege or feature_not_supported then
    null;
  end;
  begin
    if not pg_is_in_recovery() then
      timeline := ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::integer;
    end if;
  exception when insufficient_privilege or feature_not_supported or object_not_in_prerequisite_state then
    null;
  end;
end $$;
--> statement-breakpoint
-- Records the cluster that answers. Raises the epoch when it is another one than before, or on another timeline: a
-- promoted standby may lack the last transactions, whose ids then begin again. Returns whether it raised the epoch. A
-- second caller waits for the row, and finds the cluster recorded. Every role may call it, because it does nothing else.
CREATE FUNCTION record_cluster() RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '500ms' AS $$
declare
  present record;
  recorded record;
begin
  select * into recorded from installation for no key update;
  select * into present from present_cluster();
  if present.system_identifier is not distinct from recorded.system_identifier
     and present.timeline is not distinct from recorded.timeline then
    return false;
  end if;
  update installation set system_identifier = coalesce(present.system_identifier, recorded.system_identifier),
    timeline = coalesce(present.timeline, recorded.timeline);
  if present.system_identifier <> recorded.system_identifier or present.timeline <> recorded.timeline then
    perform raise_epoch();
    return true;
  end if;
  return false;
end $$;
