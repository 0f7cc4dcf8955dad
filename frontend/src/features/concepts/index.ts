export { ConceptProfile } from './components/concept-profile'
export { ConceptsPage } from './concepts-page'
export { conceptsSearch } from './filters'
export { contextQuery, dimensionName } from './queries'
