export { AuditPage } from './audit-page'
export { auditSearch } from './filters'
