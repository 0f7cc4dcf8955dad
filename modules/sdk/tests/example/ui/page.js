document.title = 'Example page'
