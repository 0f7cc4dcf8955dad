/** Returns round values from 0 up to at least `max`, about `count` of them; whole ones, because memories are counted. */
export function ticksUpTo(max: number, count = 4): number[] {
  const rough = Math.max(max, 1) / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = Math.max(1, power * ([1, 2, 5, 10].find((factor) => power * factor >= rough) ?? 10))
  const last = Math.ceil(Math.max(max, 1) / step)
  return Array.from({ length: last + 1 }, (_, number) => number * step)
}
