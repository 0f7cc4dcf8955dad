import { createContext, type ReactNode, use, useState } from 'react'
import { IntlProvider } from 'use-intl'
import type en from './en.json'

export type Messages = typeof en
/**
 * Each language is a file that is loaded when it is chosen, beside the first page. The tag says how dates and numbers are
 * written.
 */
const LANGUAGES = {
  en: { name: 'English', tag: 'en-GB', load: async (): Promise<Messages> => (await import('./en.json')).default },
  fr: { name: 'Français', tag: 'fr-FR', load: async (): Promise<Messages> => (await import('./fr.json')).default },
}
export type Locale = keyof typeof LANGUAGES
export const LOCALES = Object.entries(LANGUAGES).map(([locale, { name }]) => ({ locale: locale as Locale, name }))

declare module 'use-intl' {
  interface AppConfig {
    Locale: string
    Messages: Messages
  }
}

const KEPT = 'lift.locale'
type Loaded = { locale: Locale; messages: Messages }
type Chooser = { locale: Locale; choose: (locale: Locale) => Promise<void> }
const LocaleContext = createContext<Chooser>({ locale: 'en', choose: async () => {} })

function isLocale(value: string | null | undefined): value is Locale {
  return value != null && value in LANGUAGES
}

/** Loads the kept language, or the first of the browser's that we have. */
export async function loadLocale(): Promise<Loaded> {
  const kept = localStorage.getItem(KEPT)
  const wanted = isLocale(kept) ? kept : navigator.languages.map((tag) => tag.slice(0, 2)).find(isLocale)
  return load(wanted ?? 'en')
}

async function load(locale: Locale): Promise<Loaded> {
  document.documentElement.lang = locale
  return { locale, messages: await LANGUAGES[locale].load() }
}

export function LocaleProvider({ initial, children }: { initial: Loaded; children: ReactNode }) {
  const [{ locale, messages }, setLoaded] = useState(initial)
  async function choose(next: Locale) {
    localStorage.setItem(KEPT, next)
    setLoaded(await load(next))
  }
  return (
    <IntlProvider
      locale={LANGUAGES[locale].tag}
      messages={messages}
      timeZone={Intl.DateTimeFormat().resolvedOptions().timeZone}
    >
      <LocaleContext value={{ locale, choose }}>{children}</LocaleContext>
    </IntlProvider>
  )
}

export function useLocaleChoice() {
  return use(LocaleContext)
}
