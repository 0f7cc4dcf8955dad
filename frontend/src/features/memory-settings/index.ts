export { DomainChoice } from './components/domain-choice'
export { DOMAINS, type Domain, isDomain } from './domains'
export { MemorySettingsPage } from './memory-settings-page'
export { useChangeContext } from './queries'
