import type { InjectOptions } from 'fastify'

/** A precondition that every version meets. */
export const overwrite = { 'if-match': '*' }

export type Entity = Record<string, unknown> & { id: string }
export type Client = ReturnType<typeof createClient>

type Headers = Record<string, string>
type Send = (
  request: InjectOptions,
) => Promise<{ statusCode: number; headers: Record<string, unknown>; body: string; json(): unknown }>

/** Requests of one user, by method and by what they do. `inject` sends them with the user's token. */
export function createClient(id: string, inject: Send) {
  const requests = createRequests(inject)
  const { get, post, patch, put } = requests
  const createGoal = async (fields: object = {}) =>
    (await post('/v1/goals', { title: 'A goal', ...fields })).body as Entity
  const createTask = async (goalId: string, fields: object = {}) =>
    (await post(`/v1/goals/${goalId}/tasks`, { title: 'A task', ...fields })).body as Entity
  return {
    id,
    ...requests,
    /** Creates a goal and returns it. */
    createGoal,
    /** Creates a task and returns it. */
    createTask,
    /** Creates a goal with that many tasks. Returns the ids of the tasks. */
    async createTaskIds(count: number): Promise<string[]> {
      const goal = await createGoal()
      return Promise.all(Array.from({ length: count }, async () => (await createTask(goal.id)).id))
    },
    /** Returns a task, even when it is deleted. */
    readTask: async (taskId: string) => (await get(`/v1/tasks/${taskId}?includeDeleted=true`)).body as Entity,
    /** Sends a verb: `complete`, `cancel`, `restore`. */
    actOnGoal: (goalId: string, verb: string, body?: object) => post(`/v1/goals/${goalId}/${verb}`, body),
    actOnTask: (taskId: string, verb: string, body?: object) => post(`/v1/tasks/${taskId}/${verb}`, body),
    patchGoal: (goalId: string, body: object, headers: Headers = overwrite) =>
      patch(`/v1/goals/${goalId}`, body, headers),
    patchTask: (taskId: string, body: object, headers: Headers = overwrite) =>
      patch(`/v1/tasks/${taskId}`, body, headers),
    addDependency: (taskId: string, blockerId: string, headers?: Headers) =>
      put(dependencyUrl(taskId, blockerId), undefined, headers),
    removeDependency: (taskId: string, blockerId: string, headers?: Headers) =>
      requests.delete(dependencyUrl(taskId, blockerId), headers),
  }
}

const dependencyUrl = (taskId: string, blockerId: string) => `/v1/tasks/${taskId}/dependencies/${blockerId}`

function createRequests(inject: Send) {
  const send = async (
    method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT' | 'DELETE',
    url: string,
    payload?: object | string,
    headers: Headers = {},
  ) => {
    const body = payload === undefined ? {} : { payload, headers: { 'content-type': 'application/json', ...headers } }
    const response = await inject({ method, url, headers, ...body })
    const isJson = String(response.headers['content-type'] ?? '').includes('json')
    return {
      status: response.statusCode,
      headers: response.headers,
      text: response.body,
      body: (isJson ? response.json() : undefined) as Record<string, unknown> & { data?: Record<string, unknown>[] },
    }
  }
  return {
    get: (url: string, headers?: Headers) => send('GET', url, undefined, headers),
    head: (url: string, headers?: Headers) => send('HEAD', url, undefined, headers),
    post: (url: string, payload?: object | string, headers?: Headers) => send('POST', url, payload, headers),
    patch: (url: string, payload: object | string, headers?: Headers) => send('PATCH', url, payload, headers),
    put: (url: string, payload?: object, headers?: Headers) => send('PUT', url, payload, headers),
    delete: (url: string, headers?: Headers) => send('DELETE', url, undefined, headers),
  }
}
