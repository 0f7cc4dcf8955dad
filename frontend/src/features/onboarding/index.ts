export { welcomeSearch } from './steps'
export { WelcomePage } from './welcome-page'
