// Two invented data sets to try the methods with.
const AB_SAMPLE = {
  method: 'ab-tests',
  name: 'Green checkout button',
  csv: 'variant,signups,visitors\ncontrol,512,10240\ngreen button,604,10198\nlarge button,540,10251\n',
  fields: { metric: 'signups', variant: 'variant', control: 'control', trials: 'visitors' },
}

/** Weekly sales of 24 cities that share a season; in Lyon, advertising on posters began in week 31. */
function cityCsv() {
  const cities =
    'Paris Lille Nantes Nice Rennes Reims Toulon Lyon Dijon Angers Brest Tours Limoges Amiens Metz Nancy Caen Rouen Mulhouse Orleans Perpignan Besancon Avignon Poitiers'.split(' ')
  // Lehmer's generator with Park and Miller's factor: the same data for everybody.
  let state = 20260
  const chance = () => (state = (state * 48271) % 2147483647) / 2147483647 - 0.5
  const lines = ['city,week,sales']
  cities.forEach((city, place) => {
    const size = 80 + 9 * ((place * 7) % 11)
    const swing = 4 + (place % 6) * 2
    const growth = 0.2 + 0.05 * (place % 5)
    for (let week = 1; week <= 40; week++) {
      const lift = city === 'Lyon' && week > 30 ? 11 : 0
      const sales = size + growth * week + swing * Math.sin(week / 4) + 3 * chance() + lift
      lines.push(`${city},${week},${sales.toFixed(1)}`)
    }
  })
  return `${lines.join('\n')}\n`
}
const SC_SAMPLE = {
  method: 'synthetic-controls',
  name: 'Posters in Lyon',
  csv: cityCsv(),
  fields: { metric: 'sales', unit: 'city', time: 'week', treated: 'Lyon', start: '31' },
}
