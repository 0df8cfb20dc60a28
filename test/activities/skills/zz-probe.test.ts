import { renderSvg } from '/work/main/src/activities/skills/report/render';
test('x', async()=>{ const t=Date.now(); const s=await renderSvg({data:{values:[{a:1}]},mark:'bar',encoding:{x:{field:'a',type:'quantitative'}}}); console.log(s.slice(0,30), Date.now()-t); });
