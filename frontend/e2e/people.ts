/** The password of the demo accounts, in the platform of these tests. */
export const DEMO_PASSWORD = 'the tests know this 1'
export const DEMO = { email: 'demo@northwind.example', password: DEMO_PASSWORD }
export const VIEWER = { email: 'viewer@northwind.example', password: DEMO_PASSWORD }
/** What new people choose. */
export const PASSWORD = 'correct horse 9'
