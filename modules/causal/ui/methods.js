// What each method asks for: [field, kind, usual value]. A column is offered from the data's first line.
const column = (name, usual = '') => ({ name, kind: 'column', usual })
const optionalColumn = (name) => ({ name, kind: 'column', usual: '', isOptional: true })
const METHODS = {
  'ab-tests': [
    column('metric'),
    column('variant', 'variant'),
    { name: 'control', kind: 'text', usual: 'control' },
    optionalColumn('trials'),
    optionalColumn('covariate'),
  ],
  'difference-in-differences': [
    column('metric'),
    column('unit', 'unit'),
    column('time', 'time'),
    column('treatment', 'treatment'),
    optionalColumn('cluster'),
  ],
  'synthetic-controls': [
    column('metric'),
    column('unit', 'unit'),
    column('time', 'time'),
    { name: 'treated', kind: 'text', usual: '' },
    { name: 'start', kind: 'text', usual: '' },
  ],
  'marketing-mix': [
    column('metric'),
    column('time', 'time'),
    { name: 'channels', kind: 'list', usual: '' },
    { name: 'controls', kind: 'list', usual: '', isOptional: true },
    { name: 'season', kind: 'number', usual: '', isOptional: true },
  ],
  incrementality: [
    ...['channel', 'treatment_users', 'treatment_conversions', 'control_users', 'control_conversions', 'claimed', 'spend'].map(
      (name) => column(name, name),
    ),
    optionalColumn('value'),
  ],
}

/** What is typed in a field as the service takes it; nothing for an optional field left empty. */
function fieldValue({ kind, isOptional }, typed) {
  const text = typed.trim()
  if (kind === 'list') return text ? text.split(',').map((part) => part.trim()).filter(Boolean) : []
  if (!text && isOptional) return undefined
  return kind === 'number' ? Number(text) : text
}
