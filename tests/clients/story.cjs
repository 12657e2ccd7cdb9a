// A shop's server tells one customer's story with Segment's own Node library, and waits until all of it is delivered.
const { Analytics } = require('@segment/analytics-node')

const analytics = new Analytics({ writeKey: process.env.KEY, host: process.env.HOST, path: '/v1/batch', flushAt: 3, maxRetries: 0 })
const timestamp = new Date(process.env.MOMENT)
let failed = null
analytics.on('error', (error) => { failed = error })

async function tell() {
  analytics.identify({ userId: 'n-1', anonymousId: 'a-9', traits: { email: 'Nina@example.test', plan: 'gold', visits: 3 }, timestamp, messageId: 'node-1' })
  analytics.track({ userId: 'n-1', event: 'Product Added', properties: { product_id: 'p1', price: 12.5, quantity: 2, tags: ['a', 'ü'] }, timestamp, messageId: 'node-2' })
  analytics.page({ userId: 'n-1', name: 'Home', category: 'Shop', properties: { path: '/' }, timestamp, messageId: 'node-3' })
  analytics.screen({ anonymousId: 'a-9', name: 'Basket', properties: {}, timestamp, messageId: 'node-4' })
  analytics.group({ userId: 'n-1', groupId: 'g-1', traits: { name: 'Club' }, timestamp, messageId: 'node-5' })
  analytics.alias({ userId: 'n-1', previousId: 'a-9', timestamp, messageId: 'node-6' })
  await analytics.closeAndFlush({ timeout: 10000 })
  if (failed) throw failed
}

tell().catch((error) => { console.error(error); process.exit(1) })
