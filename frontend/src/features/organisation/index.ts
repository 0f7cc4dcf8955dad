export { BrandingPage } from './branding-page'
export { DomainsPage } from './domains-page'
export { GeneralPage } from './general-page'
export { SecurityPage } from './security-page'
