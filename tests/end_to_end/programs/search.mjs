// The program of AWS's plugin for OpenSearch, with the JavaScript client: node search.mjs ENDPOINT CAMPAIGN INDEX
import { Client } from "@opensearch-project/opensearch";

const [endpoint, campaign, index] = process.argv.slice(2);
const client = new Client({ node: `${endpoint}/search` });

const ranking = {
  campaign_arn: campaign,
  item_id_field: "ITEM_ID",
  recipe: "aws-personalized-ranking-v2",
  weight: "0.3",
  iam_role_arn: "arn:aws:iam::123456789012:role/PersonalizeRole",
  aws_region: "us-east-1",
};
const put = (weight) =>
  client.searchPipeline.put({
    id: "from_js",
    body: { response_processors: [{ personalized_search_ranking: { ...ranking, weight } }] },
  });
const search = (members, parameters) =>
  client.search({
    index,
    body: {
      query: { multi_match: { query: "fresh", fields: ["NAME", "DESCRIPTION"] } },
      ext: { personalize_request_parameters: { user_id: "customer-0", context: { DEVICE: "mobile" } } },
      ...members,
    },
    ...parameters,
  });
const ids = (response) => response.body.hits.hits.map((hit) => hit._id);

const created = (await put("0.3")).body;
const plain = ids(await search({ size: 60 }));
const ranked = ids(await search({ size: 60 }, { search_pipeline: "from_js" }));
const pages = [];
for (const from of [0, 20, 40]) pages.push(...ids(await search({ from, size: 20 })));
const refused = await put("1.5").catch((error) => error.meta.body);
console.log(JSON.stringify({ created, plain, ranked, pages, refused }));
