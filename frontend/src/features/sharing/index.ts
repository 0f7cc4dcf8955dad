export { SharingPage } from './sharing-page'
