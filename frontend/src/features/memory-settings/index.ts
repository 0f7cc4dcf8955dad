export { DomainChoice } from './components/domain-choice'
export { DOMAINS, type Domain } from './domains'
export { MemorySettingsPage } from './memory-settings-page'
