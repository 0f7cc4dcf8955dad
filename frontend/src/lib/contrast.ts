/** Contrast of colours as WCAG counts it, for colours that somebody has chosen. */
type Rgb = readonly [number, number, number]

/** What text needs on its ground (AA), and what a border or a ring needs. */
export const FOR_TEXT = 4.5
export const FOR_SHAPES = 3
/** What a filled area with its own text on it needs, not to vanish. */
export const TO_BE_SEEN = 1.3

const HEX = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i
export const WHITE = '#ffffff'
export const BLACK = '#000000'

export function isHex(text: string) {
  return HEX.test(text)
}

function rgbOf(hex: string): Rgb {
  const [, r, g, b] = HEX.exec(hex) ?? []
  if (!r || !g || !b) throw new Error(`${hex} is no colour.`)
  return [parseInt(r, 16), parseInt(g, 16), parseInt(b, 16)]
}

function hexOf(rgb: Rgb) {
  return `#${rgb.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`
}

function luminance(hex: string) {
  const [r, g, b] = rgbOf(hex).map((part) => {
    const share = part / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }) as unknown as Rgb
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

export function contrast(one: string, other: string) {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

/** White or black, whichever is read better on a colour: one of them always suffices. */
export function textOn(ground: string) {
  return contrast(WHITE, ground) >= contrast(BLACK, ground) ? WHITE : BLACK
}

/** The colour itself, or as much nearer to white or black as it needs to stand out from its ground. */
export function readableOn(colour: string, ground: string, least: number) {
  const end = rgbOf(textOn(ground))
  const start = rgbOf(colour)
  for (let step = 0; step <= 20; step++) {
    const mixed = hexOf(
      start.map((part, place) => part + ((end[place] as number) - part) * (step / 20)) as unknown as Rgb,
    )
    if (contrast(mixed, ground) >= least) return mixed
  }
  return textOn(ground)
}

// The grounds of app.css that links and rings stand on, as sRGB.
const GROUNDS = { light: '#f9fafb', dark: '#17191d' }

/** The tokens of app.css that a brand's colours replace; none where it has none. */
export function brandTokens(primary: string | null, accent: string | null, isDark: boolean): Record<string, string> {
  const button = primary && isHex(primary) ? primary : null
  const link = accent && isHex(accent) ? accent : button
  const ground = isDark ? GROUNDS.dark : GROUNDS.light
  const shown = button && readableOn(button, ground, TO_BE_SEEN)
  return {
    ...(shown && {
      // Its text says that it is a button; only what vanishes in the page is changed.
      '--accent': shown,
      '--accent-strong': shown,
      '--on-accent': textOn(shown),
    }),
    ...(link && {
      '--accent-text': readableOn(link, ground, FOR_TEXT),
      '--ring': readableOn(link, ground, FOR_SHAPES),
    }),
  }
}
