import { beforeEach, expect, test } from 'vitest'
import type { Scaling } from '../../packages/operations/src/scaling/load-scaling.ts'
import { scalerSettings } from '../../packages/operations/test/support/scaling/scaler.ts'
import { cannotRender, ofKind, render } from './support/render.ts'

beforeEach(({ skip }) => {
  if (cannotRender) skip(cannotRender)
})

const scalersOf = () => ofKind(render('production'), 'ScaledObject')
const member: keyof Scaling = 'wantedWorkers'
/** One mail server limits this worker below the others. */
const maximumOf = (name: string) => (name === 'worker-email' ? 4 : scalerSettings.maximumWorkers)

test('the scalers have the settings that the simulation has', () => {
  const { pollEverySeconds, scaleDownWindowSeconds } = scalerSettings
  const scalers = scalersOf()
  expect(scalers.length).toBe(4)
  for (const { metadata, spec } of scalers) {
    expect(spec, metadata.name).toMatchObject({
      minReplicaCount: 1,
      maxReplicaCount: maximumOf(metadata.name),
      pollingInterval: pollEverySeconds,
    })
    // Any other member would change the growth or the tolerance that the simulation has.
    expect(spec.advanced, metadata.name).toEqual({
      horizontalPodAutoscalerConfig: {
        behavior: { scaleDown: { stabilizationWindowSeconds: scaleDownWindowSeconds } },
      },
    })
  }
})

test('the scalers read the wanted workers, and want one pod for each', () => {
  const triggers = scalersOf().flatMap(({ spec }) => spec.triggers)
  expect(triggers.length).toBe(5)
  for (const { metricType = 'AverageValue', metadata } of triggers) {
    expect(metadata, metadata.url).toMatchObject({ valueLocation: member, targetValue: '1' })
    expect(metricType, metadata.url).toBe('AverageValue')
  }
})

test('no scaler stops a pod because `ops` is away, and two pods go on at least', () => {
  for (const { metadata, spec } of scalersOf())
    expect(spec.fallback, metadata.name).toEqual({
      behavior: 'currentReplicasIfHigher',
      failureThreshold: 3,
      replicas: 2,
    })
})
