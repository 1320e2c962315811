import { beforeEach, expect, test } from 'vitest'
import { cannotRender, containersOf, overlays, podOf, render } from './support/render.ts'
import { workloads } from './support/selectors.ts'

beforeEach(({ skip }) => {
  if (cannotRender) skip(cannotRender)
})

/** A node without these numbers packs pods until it has no memory left, and then ends some of them. */
test.for(overlays)('in %s each container requests CPU and memory, and has a limit of memory', (overlay) => {
  const containers = workloads(render(overlay)).flatMap((workload) =>
    containersOf(podOf(workload)).map((each) => ({ workload: workload.metadata.name, ...each })),
  )
  expect(containers.length).toBeGreaterThan(12)
  for (const { workload, name, resources } of containers)
    expect(resources, `${name} of ${workload}`).toEqual({
      requests: { cpu: expect.stringMatching(/^\d+m$/), memory: expect.stringMatching(/^\d+Mi$/) },
      limits: { memory: expect.stringMatching(/^\d+[MG]i$/) },
    })
})
