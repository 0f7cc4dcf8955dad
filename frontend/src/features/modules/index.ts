export { AboutPage } from './about-page'
export { ModulePage } from './module-page'
export { ModulesPage } from './modules-page'
export { moduleSearch } from './search'
