const TEXTS = {
  en: {
    title: 'A module says hello',
    who: (org, theme, zone) => `It knows that this is ${org}, in the ${theme} theme and the time zone ${zone}, and no more.`,
    open: 'Open the memories',
    say: 'Show a message',
    said: 'This came from the module',
    load: 'Ask its service',
    answer: (status, text) => `The service answered ${status}: ${text}`,
    themes: { light: 'light', dark: 'dark' },
  },
  fr: {
    title: 'Un module dit bonjour',
    who: (org, theme, zone) => `Il sait que voici ${org}, en thème ${theme} et dans le fuseau ${zone}, et rien de plus.`,
    open: 'Ouvrir les souvenirs',
    say: 'Montrer un message',
    said: 'Ceci vient du module',
    load: 'Interroger son service',
    answer: (status, text) => `Le service a répondu ${status} : ${text}`,
    themes: { light: 'clair', dark: 'sombre' },
  },
}
let text = TEXTS.en
const part = (id) => document.getElementById(id)

function paint({ locale, org, theme, timeZone }) {
  text = TEXTS[locale] ?? TEXTS.en
  for (const id of ['title', 'open', 'say', 'load']) part(id).textContent = text[id]
  part('who').textContent = text.who(org.name, text.themes[theme], timeZone)
}

LiftModule.connect(paint).then((lift) => {
  part('open').onclick = () => lift.navigate('/memories?type=decision')
  part('say').onclick = () => lift.toast('success', text.said)
  part('load').onclick = async () => {
    const { status, body } = await lift.fetch('/timeline?days=3')
    part('answer').textContent = text.answer(status, body?.detail ?? `${body.greeting}, ${body.days}`)
  }
  return lift.ready()
})
