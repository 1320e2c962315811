/** The settings of the ScaledObjects in `deploy/kubernetes`, which `deploy/test/scaling.test.ts` compares. */
export const scalerSettings = {
  maximumWorkers: 12,
  pollEverySeconds: 15,
  scaleDownWindowSeconds: 300,
} as const

/**
 * The defaults of the HorizontalPodAutoscaler that KEDA creates. It ignores a difference up to the tolerance, and adds
 * four pods at once or as many as there are.
 */
const tolerance = 0.1
const [addedWorkers, growthFactor] = [4, 2]

/** Creates a scaler. It returns the number of workers that it chooses, which is the present one between two polls. */
export function createScaler() {
  const { maximumWorkers, pollEverySeconds, scaleDownWindowSeconds } = scalerSettings
  let recommendations: { second: number; wanted: number }[] = []
  return (second: number, wanted: number, present: number): number => {
    if (second % pollEverySeconds !== 0) return present
    const ratio = wanted / present
    const recommended = ratio >= 1 - tolerance && ratio <= 1 + tolerance ? present : wanted
    recommendations = [...recommendations, { second, wanted: recommended }].filter(
      (each) => each.second > second - scaleDownWindowSeconds,
    )
    // A scaler follows a rise at once, and a fall when the whole window agrees.
    const highest = Math.max(...recommendations.map((each) => each.wanted))
    const most = Math.min(maximumWorkers, Math.max(present + addedWorkers, present * growthFactor))
    const next = recommended > present ? recommended : Math.min(present, highest)
    return Math.min(most, Math.max(1, next))
  }
}
