// A visitor's page with Segment's own browser library, served by the shop itself. The test fills in KEY and HOST.
(function () {
  var settings = { integrations: { 'Segment.io': { apiKey: 'KEY', apiHost: 'HOST/v1', protocol: 'http' } } }
  window.told = []
  window.AnalyticsNext.AnalyticsBrowser.load({ writeKey: 'KEY', cdnSettings: settings }).then(async function (loaded) {
    var analytics = loaded[0]
    window.visitor = analytics.user().anonymousId()
    await analytics.page('Shop', 'Home', { colour: 'blue' })
    await analytics.track('Product Viewed', { product_id: 'p1', price: 12.5, name: 'Kännchen' })
    await analytics.alias('b-1')
    await analytics.identify('b-1', { email: 'Bea@example.test' })
    await analytics.track('Product Added', { product_id: 'p1', quantity: 2 })
    await analytics.group('g-1', { name: 'Club' })
    window.told.push('all')
  })
})()
