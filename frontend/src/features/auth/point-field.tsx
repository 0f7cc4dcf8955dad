const WIDTH = 600
const HEIGHT = 800
const GOLDEN_ANGLE = 2.399963
// Centre, points, and how wide they spread.
const GROUPS = [
  { x: 190, y: 210, count: 120, spread: 9.5, colour: 'var(--series-1)' },
  { x: 440, y: 160, count: 60, spread: 9, colour: 'var(--series-2)' },
  { x: 390, y: 420, count: 150, spread: 9, colour: 'var(--series-6)' },
  { x: 160, y: 560, count: 80, spread: 10, colour: 'var(--series-5)' },
  { x: 440, y: 670, count: 90, spread: 9, colour: 'var(--series-3)' },
]

/** Memories as points that gather by meaning: a still picture of the product, laid out like the seeds of a sunflower. */
export function PointField() {
  return (
    <div aria-hidden className="hidden overflow-hidden border-l bg-sunken lg:block">
      <svg aria-hidden viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="xMidYMid slice" className="size-full">
        {GROUPS.map(({ x, y, count, spread, colour }) =>
          Array.from({ length: count }, (_, number) => {
            const radius = spread * Math.sqrt(number)
            const angle = number * GOLDEN_ANGLE
            return (
              <circle
                // biome-ignore lint/suspicious/noArrayIndexKey: a still picture
                key={number}
                cx={x + radius * Math.cos(angle)}
                cy={y + radius * Math.sin(angle)}
                r={3.2 - (2 * number) / count}
                fill={colour}
                opacity={0.9 - (0.6 * number) / count}
              />
            )
          }),
        )}
      </svg>
    </div>
  )
}
