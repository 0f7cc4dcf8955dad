/** The colour of a token as `#rrggbb`: canvases know no CSS variables and WebGL no `oklch`. Found by painting a pixel. */
export function tokenColour(name: string): string {
  const value = getComputedStyle(document.documentElement).getPropertyValue(name).trim()
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = 1
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (!context) return '#888888'
  context.fillStyle = value
  context.fillRect(0, 0, 1, 1)
  const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data
  return `#${[red, green, blue].map((part) => part.toString(16).padStart(2, '0')).join('')}`
}

/** The series of the palette in their order; a ninth is "Other". Tailwind finds only classes that are written out. */
export const SERIES = [
  { token: '--series-1', dot: 'bg-series-1' },
  { token: '--series-2', dot: 'bg-series-2' },
  { token: '--series-3', dot: 'bg-series-3' },
  { token: '--series-4', dot: 'bg-series-4' },
  { token: '--series-5', dot: 'bg-series-5' },
  { token: '--series-6', dot: 'bg-series-6' },
  { token: '--series-7', dot: 'bg-series-7' },
  { token: '--series-8', dot: 'bg-series-8' },
] as const
export const OTHER = { token: '--line-strong', dot: 'bg-line-strong' } as const
export type Slot = (typeof SERIES)[number] | typeof OTHER
