// The main path by the official package @alicloud/dingtalk: `node storage.cjs URL ORDERS`, where ORDERS is JSON with
// the ids to work on. A file and a folder go to the recycle bin and come back, a card is sent and changed, and an
// error is read. What each step answered is printed as one JSON object a line.
'use strict';

const OpenApi = require('@alicloud/openapi-client');
const Util = require('@alicloud/tea-util');
const oauth2 = require('@alicloud/dingtalk/oauth2_1_0');
const storage = require('@alicloud/dingtalk/storage_1_0');
const card = require('@alicloud/dingtalk/card_1_0');

const PAUSE_MS = 50;
const url = process.argv[2];
const orders = JSON.parse(process.argv[3]);

const client = (family) => new family.default(new OpenApi.Config({ protocol: 'http', endpoint: new URL(url).host }));
const runtime = new Util.RuntimeOptions({ autoretry: false });
const note = (step, answer) => console.log(JSON.stringify({ step, answer }));

async function token() {
  const request = new oauth2.GetAccessTokenRequest(orders.app);
  const { body } = await client(oauth2).getAccessToken(request);
  note('token', { expireIn: body.expireIn });
  return body.accessToken;
}

async function main() {
  const accessToken = await token();
  const files = client(storage);
  const { spaceId, unionId } = orders;

  // Every method takes what stands in the path, then request, headers and options.
  const call = async (step, name, path, fields) => {
    const method = name[0].toLowerCase() + name.slice(1) + 'WithOptions';
    const headers = new storage[name + 'Headers']({ xAcsDingtalkAccessToken: accessToken });
    const request = new storage[name + 'Request']({ unionId, ...fields });
    const { body } = await files[method](...path, request, headers, runtime);
    note(step, body);
    return body;
  };

  const finished = async (step, taskId) => {
    for (;;) {
      const { task } = await call(step, 'GetTask', [taskId], {});
      if (task.status !== 'INIT' && task.status !== 'IN_PROGRESS') return;
      await new Promise((done) => setTimeout(done, PAUSE_MS));
    }
  };

  await call('list', 'ListDentries', [spaceId], { parentId: '0', maxResults: 50, orderBy: 'NAME', order: 'ASC' });
  const option = new storage.DeleteDentriesRequestOption({ toRecycleBin: true });
  const removed = await call('remove', 'DeleteDentries', [spaceId], { dentryIds: orders.dentryIds, option });
  for (const { taskId } of removed.resultItems.filter((item) => item.async)) await finished('removing', taskId);

  const where = { recycleBinScope: 'ORG', scopeId: orders.corpId };
  const { recycleBin } = await call('bin', 'GetRecycleBin', [], where);
  const listed = await call('recycled', 'ListRecycleItems', [recycleBin.id], { maxResults: 50 });
  const recycleItemIds = listed.recycleItems.filter((item) => orders.dentryIds.includes(item.dentryId)).map((item) => item.id);
  const restored = await call('restore', 'RestoreRecycleItems', [recycleBin.id], {
    recycleItemIds,
    option: new storage.RestoreRecycleItemsRequestOption({ conflictStrategy: 'AUTO_RENAME' }),
  });
  for (const { taskId } of restored.resultItems.filter((item) => item.async)) await finished('restoring', taskId);

  await call('missing', 'GetDentry', [spaceId, orders.dentryIds[0]], {}).catch(({ code, message, data, accessDeniedDetail }) =>
    note('error', { code, message, status: data.statusCode, requestId: data.requestid, denied: accessDeniedDetail ?? null }));

  const cards = client(card);
  const created = await cards.createAndDeliverWithOptions(
    new card.CreateAndDeliverRequest(orders.card),
    new card.CreateAndDeliverHeaders({ xAcsDingtalkAccessToken: accessToken }),
    runtime,
  );
  note('card', created.body);
  const updated = await cards.updateCardWithOptions(
    new card.UpdateCardRequest(orders.update),
    new card.UpdateCardHeaders({ xAcsDingtalkAccessToken: accessToken }),
    runtime,
  );
  note('update', updated.body);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
