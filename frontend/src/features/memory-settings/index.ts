export { DomainChoice } from './components/domain-choice'
export type { Domain } from './domains'
export { MemorySettingsPage } from './memory-settings-page'
export { useChangeContext } from './queries'
