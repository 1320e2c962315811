/**
 * The introduction of the document, in Markdown. Its snippets follow one another in one shell, and a test runs them in
 * this order against a live API.
 */
export const introduction = `Goals, the tasks in them, and everything that happened to both.

## A token

Every request needs a token: \`Authorization: Bearer <token>\`.
It is a JWT whose \`sub\` is a user's UUID; each operation names the scope that it needs.
Beside a running \`start\`, the repository prints one:

\`\`\`bash
export API="\${API:-http://localhost:3000}"
export TOKEN="$(npm run --silent token -- --sub 0192f6a0-0000-7000-8000-000000000001)"
\`\`\`

A program can use an API key in place of a token.
\`POST /v1/api-keys\` creates one, and the changes of that program have its id as \`via\` in the history.

## A first request

Create a goal, and keep its id:

\`\`\`bash
id() { sed -E 's/^.*"id":"([^"]+)","(userId|goalId)".*$/\\1/'; }
export GOAL="$(curl -sS -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -d '{"title":"Learn to sail"}' "$API/v1/goals" | id)"
\`\`\`

Add two tasks to it, and list its tasks:

\`\`\`bash
export TASK="$(curl -sS -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -d '{"title":"Book a course"}' "$API/v1/goals/$GOAL/tasks" | id)"
export BLOCKER="$(curl -sS -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -d '{"title":"Choose a harbour"}' "$API/v1/goals/$GOAL/tasks" | id)"
curl -i -H "Authorization: Bearer $TOKEN" "$API/v1/goals/$GOAL/tasks?status=TODO"
\`\`\`

Each operation below has samples that name these variables.
Any other variable, such as \`$KEY\` or \`$NOTIFICATION\`, is an id from a list.

## Changes

A PATCH is a merge patch.
It needs \`If-Match\` with the \`ETag\` of the response that it is based on, as it came, or \`version\` in its body.
When somebody else was faster, it gets 412 with the fields that have changed.

\`\`\`bash
curl -i -X PATCH -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/merge-patch+json' \\
  -H 'If-Match: "1"' -d '{"priority":"HIGH"}' "$API/v1/goals/$GOAL"
\`\`\`

Every other change honours \`If-Match\` when it is sent.
An operation without fields in its body, such as every DELETE, takes no body or \`{}\`.
Any other body is refused with 422.
A PATCH without a body gets 400.
An address refuses other methods than its own with 405, and names its methods in \`Allow\`.
Each GET is also a HEAD.
With an \`Idempotency-Key\`, a repeated request changes nothing and gets the same response.

## States

A goal is ACTIVE, ON_HOLD, COMPLETED or CANCELLED.
A task is TODO, IN_PROGRESS, BLOCKED, COMPLETED or CANCELLED.
Each verb is a route, and \`include=capabilities\` lists the verbs that are possible now:

\`\`\`bash
curl -i -X POST -H "Authorization: Bearer $TOKEN" "$API/v1/goals/$GOAL/hold"
curl -i -X POST -H "Authorization: Bearer $TOKEN" "$API/v1/goals/$GOAL/resume"
curl -i -H "Authorization: Bearer $TOKEN" "$API/v1/goals/$GOAL?include=capabilities"
\`\`\`

A task waits in BLOCKED while a task that it depends on is open.
Closing a goal can also close its open tasks, and \`reopen\` or \`restore\` brings exactly these back.

## Errors

Every error is \`application/problem+json\` with a \`code\`.
Its \`type\` is the address of [a page about it](/problems).

\`\`\`bash
curl -i -H "Authorization: Bearer $TOKEN" "$API/v1/goals?limit=many"
\`\`\`
`
