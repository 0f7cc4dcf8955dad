import { type ReactNode, useSyncExternalStore } from 'react'
import { IntlProvider } from 'use-intl'
import type billing from './en/billing.json'
import type entrance from './en/entrance.json'
import type events from './en/events.json'
import type main from './en/main.json'
import type reviews from './en/reviews.json'
import type settings from './en/settings.json'

export type Messages = typeof main & typeof entrance & typeof settings & typeof billing & typeof events & typeof reviews
type Parts = {
  main: typeof main
  entrance: typeof entrance
  settings: typeof settings
  billing: typeof billing
  events: typeof events
  reviews: typeof reviews
}
type Part = keyof Parts

/**
 * Each language comes in parts: what is always needed, what is needed before one is signed in, what only the settings need,
 * what is about plans and their use, what is about events: webhooks and the audit log, and what is about the review queue.
 * Routes load theirs. The tag says how dates and numbers are written.
 */
const LANGUAGES: Record<'en' | 'fr', { name: string; tag: string; parts: Loaders }> = {
  en: {
    name: 'English',
    tag: 'en-GB',
    parts: {
      main: () => import('./en/main.json'),
      entrance: () => import('./en/entrance.json'),
      settings: () => import('./en/settings.json'),
      billing: () => import('./en/billing.json'),
      events: () => import('./en/events.json'),
      reviews: () => import('./en/reviews.json'),
    },
  },
  fr: {
    name: 'Français',
    tag: 'fr-FR',
    parts: {
      main: () => import('./fr/main.json'),
      entrance: () => import('./fr/entrance.json'),
      settings: () => import('./fr/settings.json'),
      billing: () => import('./fr/billing.json'),
      events: () => import('./fr/events.json'),
      reviews: () => import('./fr/reviews.json'),
    },
  },
}
type Loaders = { [Name in Part]: () => Promise<{ default: Parts[Name] }> }
export type Locale = keyof typeof LANGUAGES
export const LOCALES = Object.entries(LANGUAGES).map(([locale, { name }]) => ({ locale: locale as Locale, name }))
export const PARTS = Object.keys(LANGUAGES.en.parts) as Part[]

declare module 'use-intl' {
  interface AppConfig {
    Locale: string
    Messages: Messages
  }
}

const KEPT = 'lift.locale'
type Shown = { locale: Locale; parts: Partial<Parts>; messages: Messages }
let shown: Shown | null = null
const listeners = new Set<() => void>()

function isLocale(value: string | null | undefined): value is Locale {
  return value != null && value in LANGUAGES
}

/** The kept language, or the first of the browser's that we have. */
function preferred(): Locale {
  const kept = localStorage.getItem(KEPT)
  if (isLocale(kept)) return kept
  return navigator.languages.map((tag) => tag.slice(0, 2)).find(isLocale) ?? 'en'
}

/** Loads the texts of a part of the dashboard in the language that is shown; whoever renders them waits for this. */
export async function loadMessages(...wanted: Part[]): Promise<void> {
  if (shown && wanted.every((part) => shown?.parts[part])) return
  await show(shown?.locale ?? preferred(), wanted)
}

export async function chooseLocale(locale: Locale): Promise<void> {
  localStorage.setItem(KEPT, locale)
  await show(locale, [])
}

async function show(locale: Locale, wanted: Part[]) {
  const names = new Set<Part>(['main', ...(Object.keys(shown?.parts ?? {}) as Part[]), ...wanted])
  const loaded = await Promise.all(
    [...names].map(async (part) => [part, (await LANGUAGES[locale].parts[part]()).default] as const),
  )
  // Another call may have brought more parts meanwhile.
  const kept = shown?.locale === locale ? shown.parts : {}
  const parts: Partial<Parts> = { ...kept, ...Object.fromEntries(loaded) }
  // A part that is not there yet is not rendered either: its route waits.
  shown = { locale, parts, messages: Object.assign({}, ...Object.values(parts)) as Messages }
  document.documentElement.lang = locale
  for (const listener of listeners) listener()
}

function useShown(): Shown {
  const now = useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    () => shown,
  )
  if (!now) throw new Error('The texts have not been loaded.')
  return now
}

export function LocaleProvider({ children }: { children: ReactNode }) {
  const { locale, messages } = useShown()
  return (
    <IntlProvider
      locale={LANGUAGES[locale].tag}
      messages={messages}
      timeZone={Intl.DateTimeFormat().resolvedOptions().timeZone}
    >
      {children}
    </IntlProvider>
  )
}

export function useLocale(): Locale {
  return useShown().locale
}
