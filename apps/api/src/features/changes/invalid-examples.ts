/** By query parameter. */
export const invalidChangeParameters = {
  types: ['', 'task', 'task:exploded', 'task:created,', 'TASK:CREATED', 'notification:read', '%00'],
  wait: ['', '-1', '21', '1.5', 'long', '%00'],
}
