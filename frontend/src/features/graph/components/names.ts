import { useTranslations } from 'use-intl'
import { isKnown } from '../kinds'

function inWords(name: string) {
  return name.replaceAll('_', ' ')
}

/** The name of a relation: those that texts state have the verb of the text. */
export function useRelationName() {
  const t = useTranslations('graph')
  return (kind: string) => (kind === 'mentioned_with' ? t('mentionedWith') : inWords(kind))
}

export function useKindName() {
  const t = useTranslations('graph.kinds')
  return (kind: string) => (isKnown(kind) ? t(kind) : inWords(kind))
}
