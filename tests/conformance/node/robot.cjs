// A robot on the official package dingtalk-stream: `node robot.cjs URL`. It repeats what it hears through the session
// webhook, answers a click with the card's new data, and takes events. What arrives is printed, a JSON object a line.
// The package has its two addresses built in; a hook of the HTTP library it uses leads them to URL.
'use strict';

const axios = require('axios');
const { DWClient, EventAck, TOPIC_CARD, TOPIC_ROBOT } = require('dingtalk-stream');

const url = process.argv[2];
const note = (kind, facts) => process.stdout.write(JSON.stringify({ kind, ...facts }) + '\n');
console.info = console.error; // the package says there that it has connected

axios.interceptors.request.use((request) => ({
  ...request,
  url: request.url.replace(/^https:\/\/o?api\.dingtalk\.com/, url),
}));

const client = new DWClient({ clientId: 'dingsandbox', clientSecret: 'sandbox-secret' });

client.registerCallbackListener(TOPIC_ROBOT, async ({ headers, data }) => {
  const message = JSON.parse(data);
  const text = message.text.content.trim();
  note('message', { text, msgId: message.msgId, messageId: headers.messageId });
  const answer = await axios.post(
    message.sessionWebhook,
    { msgtype: 'text', text: { content: `${message.senderNick}: ${text}` }, at: { atUserIds: [message.senderStaffId] } },
    { headers: { 'x-acs-dingtalk-access-token': await client.getAccessToken() } },
  );
  note('answer', answer.data);
  client.socketCallBackResponse(headers.messageId, answer.data);
});

client.registerCallbackListener(TOPIC_CARD, ({ headers, data }) => {
  const click = JSON.parse(data);
  note('click', { userId: click.userId, outTrackId: click.outTrackId, content: JSON.parse(click.content) });
  client.socketCallBackResponse(headers.messageId, {
    cardUpdateOptions: { updateCardDataByKey: true, updatePrivateDataByKey: true },
    cardData: { cardParamMap: { markdown: `agreed by ${click.userId}` } },
    userPrivateData: { cardParamMap: { tips: 'you agreed' } },
  });
});

client.registerAllEventListener(({ headers, data }) => {
  note('event', { type: headers.eventType, corpId: headers.eventCorpId, data: JSON.parse(data) });
  return { status: EventAck.SUCCESS };
});

client.connect();
