export const maximumWorkers = 20
/** The settings of the ScaledObject in `deploy/kubernetes`. */
const pollEverySeconds = 15
const scaleDownWindowSeconds = 300

/** Creates a scaler. It returns the number of workers that it chooses, which is the present one between two polls. */
export function createScaler() {
  let recommendations: { second: number; wanted: number }[] = []
  return (second: number, wanted: number, present: number): number => {
    if (second % pollEverySeconds !== 0) return present
    recommendations = [...recommendations, { second, wanted }].filter(
      (each) => each.second > second - scaleDownWindowSeconds,
    )
    // A scaler follows a rise at once, and a fall when the whole window agrees.
    const highest = Math.max(...recommendations.map((each) => each.wanted))
    return Math.min(maximumWorkers, Math.max(1, wanted > present ? wanted : highest))
  }
}
