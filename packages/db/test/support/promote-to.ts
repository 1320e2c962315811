/** Returns the statement that makes the server look like a standby promoted to this timeline. Null is a standby. */
export const promoteTo = (timeline: number | null) => `
  create or replace function present_cluster(out system_identifier bigint, out timeline integer) language sql stable
  as 'select system_identifier, ${timeline ?? 'null::int'} from pg_control_system()'`
